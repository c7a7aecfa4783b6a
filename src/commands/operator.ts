import { readFileSync } from 'node:fs';
import type { Identity, OpsRole, VerifyToken } from '../ports/identity.ts';

/** What a line at the terminal says about who types it. */
export interface OperatorLine {
  /** `--as`: who the operator believes to be; compared with the token. */
  readonly as?: string | undefined;
  /** `--token-file`: a file with the operator's access token. */
  readonly tokenFile?: string | undefined;
  /** `PARKER_TOKEN`: the operator's access token. There is no option for it, as other users of the machine read options. */
  readonly token?: string | undefined;
}

/** Who may act at a terminal, unless a command says otherwise. */
const ACTING: readonly OpsRole[] = ['operator', 'admin'];

/** Whether the line carries a token at all. */
export const hasToken = ({ token, tokenFile }: OperatorLine): boolean => Boolean(token || tokenFile);

/**
 * The person at the terminal, proven by a token of the issuer that the API trusts. Commands that move money or rearm the
 * fuse act in the name of its subject.
 * @param roles one of them is needed
 * @throws Error with one line for whoever typed it: without a token, with one that proves nothing or has none of the roles,
 * or with another person's name after `--as`
 */
export async function provenOperator(
  verifyToken: VerifyToken,
  line: OperatorLine,
  roles: readonly OpsRole[] = ACTING,
): Promise<Identity> {
  const identity = await verifyToken(tokenOf(line));
  if (!roles.some((role) => identity.roles.includes(role)))
    throw new Error(`this needs a token with the role ${roles.join(' or ')}`);
  // A colleague's token left in the shell would otherwise act in the colleague's name.
  if (line.as !== undefined && line.as !== identity.userId && line.as !== identity.email)
    throw new Error(`the token is not that of ${line.as}: sign in as yourself, or leave out --as`);
  return identity;
}

function tokenOf({ token, tokenFile }: OperatorLine): string {
  const given = (tokenFile ? readFileSync(tokenFile, 'utf8') : token)?.trim();
  if (!given)
    throw new Error(
      'who you are must be proven: put your access token into PARKER_TOKEN, or into a file for --token-file',
    );
  return given;
}
