// A user's history and what is recommended next. A like is a video watched to its end, a skip one that was left after a second.
const videoSeconds = 30;
const said = { 1: 'liked', 0: 'watched', '-1': 'skipped' };
const byId = id => document.getElementById(id);
let user = new URLSearchParams(location.search).get('user') || 'demo';

async function ask(path, options) {
  const response = await fetch(`/users/${encodeURIComponent(user)}/${path}`, options);
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Error([problem.title ?? response.statusText, problem.detail, ...Object.entries(problem.errors ?? {}).map(([name, errors]) => `${name} ${errors}`)]
    .filter(Boolean).join('. '));
}

// texts are set as text: an item's id may be anything
function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function button(item, text, watchSeconds) {
  const made = element('button', text.toLowerCase(), text);
  made.setAttribute('aria-label', `${text} ${item}`);
  made.onclick = () => watch(item, watchSeconds);
  return made;
}

async function show() {
  const asked = user;
  const [history, best] = await Promise.all([ask('views'), ask('recommendations?k=10')]);
  if (asked !== user) return;
  byId('version').textContent = best.modelVersion;
  byId('recommended').replaceChildren(...best.items.map(({ item, score }) => {
    const row = element('li', '', '');
    row.dataset.item = item;
    row.append(element('span', 'item', item), element('span', 'score', score.toFixed(2)), button(item, 'Like', videoSeconds), button(item, 'Skip', 1));
    return row;
  }));
  byId('history').replaceChildren(...history.views.reverse().map(view => {
    const row = element('li', '', '');
    row.dataset.item = view.item;
    row.dataset.feedback = view.feedback;
    row.append(element('span', 'item', view.item), element('span', 'score', `${view.watchSeconds} of ${view.durationSeconds} s`),
      element('span', 'said', said[view.feedback]));
    return row;
  }));
}

const watch = (item, watchSeconds) => guarded(async () => {
  const body = JSON.stringify({ item, watchSeconds, durationSeconds: videoSeconds, time: new Date().toISOString() });
  await ask('views', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  await show();
});

async function guarded(work) {
  const error = byId('error');
  document.body.ariaBusy = 'true';
  try {
    await work();
    error.hidden = true;
  } catch (problem) {
    error.textContent = problem.message;
    error.hidden = false;
  }
  document.body.ariaBusy = 'false';
}

byId('who').onsubmit = event => {
  event.preventDefault();
  user = byId('user').value;
  history.replaceState(null, '', `?user=${encodeURIComponent(user)}`);
  guarded(show);
};
byId('user').value = user;
guarded(show);
