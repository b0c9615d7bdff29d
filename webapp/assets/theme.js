// Follows the system's light or dark scheme. Loaded before the first paint, so that no page flashes white at night.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const apply = () => document.documentElement.setAttribute('data-bs-theme', dark.matches ? 'dark' : 'light');
apply();
dark.addEventListener('change', apply);
