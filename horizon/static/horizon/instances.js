// Instances: a log that stays at its end, a choice that sends its form, a console in full screen.
'use strict';

let atEnd = true;
const logBox = () => document.querySelector('[data-bottom]');
const toEnd = () => { const box = logBox(); if (box && atEnd) box.scrollTop = box.scrollHeight; };
toEnd();
document.addEventListener('htmx:beforeSwap', () => {
    const box = logBox();
    if (box) atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
});
document.addEventListener('htmx:afterSettle', toEnd);

document.addEventListener('change', (event) => {
    if (event.target.matches('[data-submit]')) event.target.form.requestSubmit();
});

for (const button of document.querySelectorAll('[data-fullscreen]')) {
    const frame = document.getElementById(button.dataset.fullscreen);
    if (!frame || !document.fullscreenEnabled) continue;
    button.hidden = false;
    button.addEventListener('click', () => frame.requestFullscreen().then(() => frame.focus()));
}
