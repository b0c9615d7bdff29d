#!/bin/sh
# A verb of pilotrun (web, worker, init, ...) runs pilotrun; an option such as --version goes to it as well; anything
# else is run as it is, so that `docker run -it pilotrun sh` opens a shell. Nothing given means web.
set -eu
umask 077
[ "$#" -gt 0 ] || set -- web
case "$1" in
    init | serve | web | worker | deploy | lint | rehearse | report | pack | verify | log | draft | incident | message | signal | -*) exec pilotrun "$@" ;;
    *) exec "$@" ;;
esac
