import type { Identity } from '../../ports/identity.ts';
import { pageShell } from './shell.ts';

/**
 * Where ops paste a token of their identity provider. It is stored in a cookie that scripts can't read.
 * @param why the last token was not taken
 */
export const signInPage = (why?: string): string =>
  pageShell(
    'Sign in',
    `<h1>Queues</h1>
<form class="card" method="post" action="/admin/session">
${why ? `<p role="alert">${escaped(why)}</p>` : ''}
<label for="token">Access token</label>
<textarea id="token" name="token" rows="5" required autocomplete="off" spellcheck="false"></textarea>
<p class="soft">A token from your identity provider with the role viewer, operator or admin. It stays in this browser until it expires, at most eight hours.</p>
<button>Sign in</button>
</form>`,
  );

/** Who is signed in, and the way out. */
export const sessionPage = ({ userId, roles, expiresAt }: Identity): string =>
  pageShell(
    'Your session',
    `<h1>Queues</h1>
<form class="card" method="post" action="/admin/session/end">
<p>You are signed in as <b>${escaped(userId)}</b>${roles.length ? ` with the role ${roles.join(', ')}` : ' without a role'}.</p>
<p class="soft">Your token expires at ${expiresAt.toISOString()}.</p>
<p><a href="/admin/queues">To the queues</a></p>
<button>Sign out</button>
</form>`,
  );

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
