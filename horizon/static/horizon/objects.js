// Several files at once, chosen or dropped, each with its progress.
import {line, send, word} from './upload.js';

const form = document.querySelector('form[data-drop]');
const picker = form.querySelector('input[type="file"]');
const lines = form.querySelector('[data-lines]');
picker.multiple = true;
form.querySelector('[data-hint]').hidden = false;

async function one(file) {
    const shown = line(file.name);
    lines.append(shown.element);
    const name = form.dataset.prefix + file.name;
    try {
        await send(`${form.dataset.put}?name=${encodeURIComponent(name)}`, file, shown.show).done;
        shown.done(word('stored'));
        return true;
    } catch (error) {
        shown.fail(error);
        return false;
    }
}

async function all(files) {
    // Two at a time: more would only share the same line.
    const waiting = [...files];
    const results = [];
    const work = async () => { while (waiting.length) results.push(await one(waiting.shift())); };
    await Promise.all([work(), work()]);
    if (results.length && results.every(Boolean)) window.location.reload();
}

form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (picker.files.length) all(picker.files);
    else picker.focus();
});
for (const name of ['dragenter', 'dragover']) {
    form.addEventListener(name, (event) => { event.preventDefault(); form.classList.add('over'); });
}
for (const name of ['dragleave', 'drop']) form.addEventListener(name, () => form.classList.remove('over'));
form.addEventListener('drop', (event) => { event.preventDefault(); all(event.dataTransfer.files); });
