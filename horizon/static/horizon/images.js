// The form of a new image: first its record is made, then the file is sent with progress.
import {line, post, send, word} from './upload.js';

const form = document.querySelector('form[data-upload]');

form?.addEventListener('submit', async (event) => {
    const file = form.querySelector('input[type="file"]').files[0];
    if (!file || form.querySelector('[name="source"]:checked')?.value !== 'file') return;
    event.preventDefault();
    const fields = new FormData(form);
    fields.delete('file');
    fields.set('filename', file.name);
    const button = form.querySelector('.form-foot button');
    button.disabled = true;
    const answer = await post(form.action, fields);
    if (!(answer.headers.get('Content-Type') || '').includes('json')) {
        // The form again, with what is wrong with it.
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        form.querySelector('[data-fields]').replaceWith(page.querySelector('form[data-upload] [data-fields]'));
        form.querySelector('[aria-invalid], .alert')?.focus();
        button.disabled = false;
        return;
    }
    const {upload, done} = await answer.json();
    const shown = line(file.name);
    const cancel = Object.assign(document.createElement('button'), {type: 'button', className: 'button', textContent: word('cancel')});
    form.querySelector('.form-foot').replaceWith(shown.element, cancel);
    const sending = send(upload, file, shown.show);
    cancel.addEventListener('click', sending.cancel);
    try {
        await sending.done;
        window.location.assign(done);
    } catch (error) {
        cancel.remove();
        shown.fail(error);
    }
});

// What belongs to the other source is out of the way.
function chosen() {
    const source = form?.querySelector('[name="source"]:checked')?.value;
    for (const [name, kind] of [['file', 'file'], ['url', 'url']]) {
        const field = form?.querySelector(`[data-field="${name}"]`);
        if (field) field.hidden = source !== kind;
    }
}
form?.addEventListener('change', chosen);
chosen();
