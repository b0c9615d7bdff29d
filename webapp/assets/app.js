// What a page gains when scripts run: lists that refresh themselves and forms that are sent once. Without it every page still works.

const REFRESH_MS = 30_000;

/** Fetches the fragment's own address and puts the answer in its place, unless somebody is typing in it. */
async function refresh(fragment) {
  if (document.hidden || fragment.querySelector('details[open]') || fragment.contains(document.activeElement?.closest('input, textarea, select'))) return;
  try {
    const answer = await fetch(fragment.dataset.refresh, { headers: { 'X-Fragment': '1' }, credentials: 'same-origin', redirect: 'error' });
    if (!answer.ok) return;
    const html = await answer.text();
    const focused = fragment.contains(document.activeElement) ? document.activeElement.id : '';
    fragment.innerHTML = html;
    prepare(fragment);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  } catch {
    // The network is away or the session has ended: the list stays as it was, and says when it was read.
  }
}

/** A second click on a button that is already sending does nothing. The server would refuse it too: this only spares the wait. */
function sendOnce(form) {
  form.addEventListener('submit', (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = '1';
    const button = event.submitter;
    if (button) setTimeout(() => button.setAttribute('aria-disabled', 'true'));
  });
}

/** Shows or hides the fields that another answer makes necessary; hidden ones are sent empty and judged by the server. */
function prepare(root) {
  root.querySelectorAll('form[method=post]').forEach(sendOnce);
  root.querySelectorAll('select[data-go]').forEach((select) => select.addEventListener('change', () => select.form.requestSubmit()));
}

/** A page that comes back from the browser's memory may be sent again: its forms are fresh. */
window.addEventListener('pageshow', (event) => {
  if (event.persisted) document.querySelectorAll('form[data-sent]').forEach((form) => {
    delete form.dataset.sent;
    form.querySelectorAll('[aria-disabled]').forEach((button) => button.removeAttribute('aria-disabled'));
  });
});

function ready() {
  prepare(document);
  document.querySelectorAll('[data-refresh]').forEach((fragment) => setInterval(() => refresh(fragment), REFRESH_MS));
  document.querySelector('[data-focus-first]')?.focus();
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', ready); else ready();
