import { pageShell } from './shell.ts';

/** Where ops paste a token from their identity provider; it becomes a cookie that scripts can't read. */
export const signInPage = (): string =>
  pageShell(
    'Sign in',
    `<h1>Queues</h1>
<form class="card" method="post" action="/admin/session">
<label for="token">Access token</label>
<textarea id="token" name="token" rows="5" required autocomplete="off" spellcheck="false"></textarea>
<p class="soft">A token from your identity provider with the role viewer, operator or admin. It stays in this browser for eight hours.</p>
<button>Sign in</button>
</form>`,
  );
