// What makes pages livelier. Everything works without it.
'use strict';

const spoken = document.getElementById('words').dataset;
const say = (text) => { document.getElementById('announce').textContent = text; };

// Menus: one open at a time, closed by Escape (focus goes back) or a click elsewhere.
document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
        if (!menu.contains(event.target)) menu.open = false;
    }
    const close = event.target.closest('[data-close]');
    if (close) close.closest('.alert').remove();
    const copy = event.target.closest('[data-copy]');
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => say(spoken.copied));
});
document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of document.querySelectorAll('details.menu[open]')) {
        menu.open = false;
        menu.querySelector('summary').focus();
    }
});

// The box in a table's head chooses all rows.
document.addEventListener('change', (event) => {
    if (!event.target.matches('[data-all]')) return;
    for (const box of event.target.closest('table').querySelectorAll('input[name="keys"]')) box.checked = event.target.checked;
});

// The navigation is folded on a narrow screen.
const narrow = window.matchMedia('(max-width: 52rem)');
const fold = () => { const holder = document.querySelector('.nav-holder'); if (holder) holder.open = !narrow.matches; };
narrow.addEventListener('change', fold);
fold();

// "3 minutes ago" stays true.
const words = new Intl.RelativeTimeFormat(document.documentElement.lang, {numeric: 'auto'});
const units = [['day', 86400], ['hour', 3600], ['minute', 60]];
function refreshTimes() {
    for (const element of document.querySelectorAll('time[datetime]')) {
        const moment = new Date(element.dateTime);
        const passed = (moment - Date.now()) / 1000;
        const [unit, seconds] = units.find(([, size]) => Math.abs(passed) >= size) || [null, 1];
        if (unit) element.textContent = words.format(Math.trunc(passed / seconds), unit);
        element.title = moment.toLocaleString(document.documentElement.lang);
    }
}
refreshTimes();
setInterval(refreshTimes, 30000);

// A session that ends says so before it does.
const expires = document.querySelector('meta[name="session-expires"]');
if (expires) {
    const left = Number(expires.content) * 1000 - Date.now() - 300000;
    if (left > 0 && left < 2 ** 31) setTimeout(() => {
        const box = document.createElement('div');
        box.className = 'alert warning';
        box.setAttribute('role', 'alert');
        box.textContent = spoken.ends;
        document.getElementById('messages').append(box);
    }, left);
}

document.addEventListener('htmx:sendError', () => say(spoken.silent));
