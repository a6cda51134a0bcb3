// The console page: connects noVNC to the proxy with the token of this page's address.
import RFB from './novnc/core/rfb.js';
import keysyms from './novnc/core/input/keysymdef.js';

const element = (id) => document.getElementById(id);
const asked = new URLSearchParams(window.location.search);
const token = asked.get('token') || '';
let rfb = null;

function say(text, bad = false) {
    element('state').textContent = text;
    element('state').classList.toggle('bad', bad);
}

function connected(is) {
    element('keys').disabled = !is;
    element('paste').disabled = !is;
    element('again').hidden = is;
}

async function reason() {
    // A WebSocket that is refused does not say why; the proxy does when it is asked in plain HTTP.
    try {
        const answer = await fetch('check?token=' + encodeURIComponent(token));
        return answer.ok ? null : await answer.text();
    } catch {
        return 'The console proxy does not answer.';
    }
}

async function connect() {
    element('again').hidden = true;
    say('Connecting');
    const problem = await reason();
    if (problem) {
        say(problem, true);
        element('again').hidden = false;
        return;
    }
    const url = new URL('websockify', window.location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    url.search = new URLSearchParams({token}).toString();
    rfb = new RFB(element('screen'), url.href, {shared: true, wsProtocols: ['binary']});
    rfb.scaleViewport = true;
    let name = '';
    rfb.addEventListener('connect', () => {
        connected(true);
        say(name ? 'Connected to ' + name : 'Connected');
        rfb.focus();
    });
    rfb.addEventListener('disconnect', async (event) => {
        connected(false);
        say(await reason() || (event.detail.clean ? 'The server closed the console.' : 'The connection was lost.'), true);
    });
    rfb.addEventListener('desktopname', (event) => {
        // QEMU (instance-0000000a): what the hypervisor calls the server. It comes before the connection is ready.
        document.title = name = event.detail.name.replace(/^QEMU \((.*)\)$/, '$1');
    });
}

function type(text) {
    for (const character of text.replace(/\r\n?/g, '\n')) {
        const keysym = character === '\n' ? 0xFF0D : character === '\t' ? 0xFF09 : keysyms.lookup(character.codePointAt(0));
        rfb.sendKey(keysym, null);
    }
}

element('keys').addEventListener('click', () => { rfb.sendCtrlAltDel(); rfb.focus(); });
element('again').addEventListener('click', connect);
element('paste').addEventListener('click', () => {
    const panel = element('paste-panel');
    panel.hidden = !panel.hidden;
    element('paste').setAttribute('aria-expanded', String(!panel.hidden));
    (panel.hidden ? rfb : element('text')).focus();
});
element('paste-panel').addEventListener('submit', (event) => {
    event.preventDefault();
    type(element('text').value);
    element('text').value = '';
    element('paste').click();
});
connect();
