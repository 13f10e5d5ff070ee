// The page on which people who work here sign in and out, and choose a password by a link. Whatever came from anywhere is
// shown as text, never as markup. Opening the page changes nothing.
'use strict';
(() => {
  const el = (id) => document.getElementById(id);
  const TEXTS = {
    en: {
      sign_in: 'Sign in', choose: 'Choose a password', name: 'Name', password: 'Password',
      fresh: 'New password', rule: 'At least 15 characters. Several words in a row are easy to remember.',
      set: 'Set password', set_done: 'Your password is set. Sign in with it.', sign_out: 'Sign out',
      signed_in: (who, roles) => `You are signed in as ${who} (${roles}).`, signed_out: 'You are signed out.',
      wrong: 'There is no such name with this password.', often: (s) => `Too many attempts. Try again in ${s} seconds.`,
      over: 'This link is not valid any more: it was used, its time is over, or another one took its place.',
      provider: 'Sign in with your organisation', passkey: 'Sign in with a passkey', account: 'Passkeys and password',
      cancelled: 'No passkey signed you in: it was cancelled, or this device has none for this site.',
      unknown: 'This passkey is not known here, or was removed. Sign in another way.',
      doubted: 'This passkey signs nobody in any more, since somebody may have a copy of it. Sign in another way.',
      refused: {
        no_role: 'You are not let in here: your organisation gave you no role. Ask whoever runs this server.',
        no_name: 'You are not let in here: your organisation tells no name of yours that this server knows.',
        not_staff: 'You are not let in here: you are not noted as staff. Ask your lead.',
        mixed_up: 'This sign-in did not begin in this browser, or another one took its place. Please begin again.',
        not_signed_in: 'Your organisation did not sign you in. Please begin again.',
        unreachable: 'Your organisation\u2019s sign-in does not answer right now. Please try again.',
      },
      offline: 'There is no connection right now. Please try again.', failed: 'That did not work. Please try again.',
    },
    de: {
      sign_in: 'Anmelden', choose: 'Passwort w\u00e4hlen', name: 'Name', password: 'Passwort',
      fresh: 'Neues Passwort', rule: 'Mindestens 15 Zeichen. Mehrere W\u00f6rter hintereinander merken sich leicht.',
      set: 'Passwort setzen', set_done: 'Dein Passwort ist gesetzt. Melde dich damit an.', sign_out: 'Abmelden',
      signed_in: (who, roles) => `Du bist als ${who} angemeldet (${roles}).`, signed_out: 'Du bist abgemeldet.',
      wrong: 'Es gibt keinen solchen Namen mit diesem Passwort.', often: (s) => `Zu viele Versuche. Versuche es in ${s} Sekunden wieder.`,
      over: 'Dieser Link gilt nicht mehr: Er wurde benutzt, seine Zeit ist um, oder ein anderer trat an seine Stelle.',
      provider: '\u00dcber deine Organisation anmelden', passkey: 'Mit einem Passkey anmelden', account: 'Passkeys und Passwort',
      cancelled: 'Kein Passkey hat dich angemeldet: Es wurde abgebrochen, oder dieses Ger\u00e4t hat keinen f\u00fcr diese Seite.',
      unknown: 'Diesen Passkey kennt man hier nicht, oder er wurde entfernt. Melde dich anders an.',
      doubted: 'Dieser Passkey meldet niemanden mehr an, denn jemand k\u00f6nnte eine Kopie haben. Melde dich anders an.',
      refused: {
        no_role: 'Du wirst hier nicht eingelassen: Deine Organisation gibt dir keine Rolle. Frag, wer diesen Server betreibt.',
        no_name: 'Du wirst hier nicht eingelassen: Deine Organisation nennt keinen Namen von dir, den dieser Server kennt.',
        not_staff: 'Du wirst hier nicht eingelassen: Du bist nicht als Mitarbeiter vermerkt. Frag deine Leitung.',
        mixed_up: 'Diese Anmeldung begann nicht in diesem Browser, oder eine andere trat an ihre Stelle. Bitte beginne neu.',
        not_signed_in: 'Deine Organisation hat dich nicht angemeldet. Bitte beginne neu.',
        unreachable: 'Die Anmeldung deiner Organisation antwortet gerade nicht. Bitte versuche es noch einmal.',
      },
      offline: 'Gerade gibt es keine Verbindung. Bitte versuche es noch einmal.', failed: 'Das ging nicht. Bitte versuche es noch einmal.',
    },
  };
  const language = navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => TEXTS[tag]) || 'en';
  const texts = TEXTS[language];
  let secret = '';      // Of the link by which a password is chosen.
  let passkeys = false; // Whether people sign in by them here.
  let csrf = '';        // What each change is sent with in a session.

  const say = (words) => { el('notice').textContent = words; el('notice').hidden = !words; };
  const send = async (method, path, body, headers = {}) => {
    try {
      return await fetch(`/sign-in/v1/${path}`, {
        method, cache: 'no-store', credentials: 'same-origin',
        headers: body ? { 'content-type': 'application/json', ...headers } : headers,
        body: body && JSON.stringify(body),
      });
    } catch {
      return null;
    }
  };
  // Where to go on after signing in: a path of this server's alone, never another site.
  const onward = () => {
    const asked = new URLSearchParams(location.search).get('return') || '';
    try {
      const at = new URL(asked, location.origin);
      const path = at.pathname + at.search;
      // What browsers make of dots may begin with two slashes, which is another site.
      const own = at.origin === location.origin && /^\/[^/\\]/.test(asked) && /^\/[^/\\]/.test(path);
      return own ? path : '';
    } catch {
      return '';
    }
  };

  const show = (title, form) => {
    el('provider').hidden = form !== 'provider';
    el('title').textContent = document.title = title;
    el('password-form').hidden = form !== 'password-form';
    el('passkey-form').hidden = form !== 'password-form' || !passkeys || Boolean(secret);
    el('out-form').hidden = form !== 'out-form';
    el('who').hidden = form !== 'out-form';
  };
  const askPassword = () => {
    const choosing = Boolean(secret);
    show(choosing ? texts.choose : texts.sign_in, 'password-form');
    el('name').value = choosing ? secret.slice(0, secret.lastIndexOf('.')) : '';
    el('name').readOnly = choosing;
    el('password').value = '';
    el('password').autocomplete = choosing ? 'new-password' : 'current-password';
    el('password').minLength = choosing ? 15 : 0;
    el('name-label').textContent = texts.name;
    el('password-label').textContent = choosing ? texts.fresh : texts.password;
    el('rule').textContent = texts.rule;
    el('rule').hidden = !choosing;
    el('send').textContent = choosing ? texts.set : texts.sign_in;
    el(choosing ? 'password' : 'name').focus();
  };
  // By the organisation, where it was declared, and by a password otherwise.
  const ask = async () => {
    const answer = await send('GET', 'ways');
    const ways = answer && answer.ok ? await answer.json() : {};
    // Pages of another host of this server's cannot ask for any.
    passkeys = Boolean(ways.passkey && window.passkeys.there && location.hostname === ways.passkey_host);
    if (!ways.provider) return askPassword();
    show(texts.sign_in, 'provider');
    el('provider').textContent = texts.provider;
    el('provider').href = `/sign-in/v1/begin${onward() ? `?return=${encodeURIComponent(onward())}` : ''}`;
  };
  const refused = async (answer) => {
    const problem = answer ? await answer.json().catch(() => ({})) : {};
    if (!answer) return say(texts.offline);
    if (answer.status === 429) return say(texts.often(answer.headers.get('retry-after') || 30));
    if (answer.status === 410) return say(texts.over);
    if (problem.type === '/problems/sign_in_refused') {
      const by = { unknown: texts.unknown, doubted: texts.doubted, count: texts.doubted };
      return say(problem.code ? by[problem.code] || problem.detail : texts.wrong);
    }
    say(answer.status === 422 && problem.detail ? problem.detail : texts.failed);
  };
  const look = async () => {
    const answer = await send('GET', 'session');
    if (!answer || !answer.ok) return ask();
    const own = await answer.json();
    csrf = own.csrf;
    show(texts.sign_out, 'out-form');
    el('who').textContent = texts.signed_in(own.person, own.roles.join(', '));
    el('account').textContent = texts.account;
    el('out').textContent = texts.sign_out;
  };

  const go = async () => {
    if (onward()) return location.assign(onward());
    await look();
    // Whoever works with the keyboard, or is read to, hears what became of it.
    el('title').focus();
  };

  el('password-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    el('send').disabled = true;
    const password = el('password').value;
    const answer = secret
      ? await send('POST', 'invitation', { secret, password })
      : await send('POST', 'password', { name: el('name').value.trim(), password });
    el('send').disabled = false;
    if (!answer || !answer.ok) return refused(answer);
    if (secret) {
      secret = '';
      askPassword();
      return say(texts.set_done);
    }
    await go();
  });
  el('passkey-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    el('passkey').disabled = true;
    try {
      const begun = await send('POST', 'passkey/begin');
      if (!begun || !begun.ok) return refused(begun);
      const shown = await window.passkeys.show((await begun.json()).public_key).catch(() => null);
      if (!shown) return say(texts.cancelled);
      const answer = await send('POST', 'passkey', shown);
      if (!answer || !answer.ok) return refused(answer);
      await go();
    } finally {
      el('passkey').disabled = false;
    }
  });
  el('out-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    say('');
    const answer = await send('POST', 'sign-out', null, { 'x-remit-csrf': csrf });
    if (!answer || (!answer.ok && answer.status !== 401)) return refused(answer);
    await ask();
    say(texts.signed_out);
  });

  document.documentElement.lang = language;
  el('passkey').textContent = texts.passkey;
  secret = location.hash.slice(1);
  // The secret does not stay where it could be copied or seen.
  if (secret) history.replaceState(null, '', location.pathname + location.search);
  addEventListener('hashchange', () => { if (location.hash.length > 1) location.reload(); });
  const why = new URLSearchParams(location.search).get('refused');
  if (why && Object.hasOwn(texts.refused, why)) say(texts.refused[why]);
  if (secret) askPassword(); else look();
})();
