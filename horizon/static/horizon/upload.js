// Sending files with progress. Used by images.js and objects.js.
// The texts of base.html, with their places filled in.
export function word(name, values = {}) {
    return document.getElementById('words').dataset[name].replace(/%\((\w+)\)s/g, (_, key) => values[key]);
}

const token = () => JSON.parse(document.body.getAttribute('hx-headers'))['X-CSRFToken'];

// PUT a file; progress({loaded, total, rate, left}) is called as it goes. Resolves, or rejects with what the site says.
export function send(url, file, progress, headers = {}) {
    const request = new XMLHttpRequest();
    const began = performance.now();
    const done = new Promise((resolve, reject) => {
        request.upload.addEventListener('progress', (event) => {
            const rate = event.loaded / Math.max(1, performance.now() - began) * 1000;
            progress({loaded: event.loaded, total: file.size, rate, left: (file.size - event.loaded) / Math.max(1, rate)});
        });
        request.addEventListener('load', () => {
            let said = {};
            try { said = JSON.parse(request.responseText); } catch { /* a page, not an answer */ }
            if (request.status < 300) resolve(said);
            else reject(new Error([said.message || word('answered', {status: request.status}), said.advice,
                                   said.request_id].filter(Boolean).join(' ')));
        });
        request.addEventListener('error', () => reject(new Error(word('lost'))));
        request.addEventListener('abort', () => reject(new Error(word('cancelled'))));
    });
    request.open('PUT', url);
    request.setRequestHeader('X-CSRFToken', token());
    request.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.send(file);
    return {done, cancel: () => request.abort()};
}

export const post = (url, form) => fetch(url, {
    method: 'POST', body: form, headers: {'X-CSRFToken': token(), 'Accept': 'application/json'}});

export function size(bytes) {
    const units = ['B', 'KB', 'MB', 'GB', 'TB'];
    let unit = 0;
    while (bytes >= 1024 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
    return `${bytes >= 100 || unit === 0 ? Math.round(bytes) : bytes.toPrecision(3)} ${units[unit]}`;
}

export function duration(seconds) {
    if (!isFinite(seconds)) return '';
    return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

// A line with a bar: {element, show(progress), fail(error), done(text)}.
export function line(name) {
    const element = document.createElement('div');
    element.className = 'upload-line';
    const label = document.createElement('p');
    const bar = document.createElement('progress');
    bar.max = 100;
    bar.setAttribute('aria-label', name);
    label.textContent = name;
    element.append(label, bar);
    return {
        element,
        show({loaded, total, rate, left}) {
            bar.value = total ? 100 * loaded / total : 0;
            label.textContent = loaded < total
                ? word('sending', {name, loaded: size(loaded), total: size(total), rate: size(rate), left: duration(left)})
                : word('sent', {name, total: size(total)});
        },
        fail(error) {
            bar.remove();
            element.classList.add('alert', 'error');
            element.setAttribute('role', 'alert');
            label.textContent = `${name}: ${error.message}`;
        },
        done(text) {
            bar.value = 100;
            label.textContent = `${name}: ${text}`;
        },
    };
}
