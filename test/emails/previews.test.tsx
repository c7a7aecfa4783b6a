import { Window } from 'happy-dom';
import { render } from 'react-email';
import { expect, test } from 'vitest';
import { NOTIFICATION_KINDS } from '../../src/domain/notification.ts';

/**
 * Each kind as `npm run email:dev` shows it, beside what it rendered to before: an upgrade of react-email, or a change of
 * a template, that alters words, links, colours or type shows here. `vitest -u` accepts it.
 */
test.each(NOTIFICATION_KINDS)('%s has a preview, and renders as before', async (kind) => {
  const file = `../../src/emails/previews/${kind.replaceAll('_', '-')}.tsx`;
  const { default: Preview } = await import(file);
  const [html, text] = [await render(<Preview />), await render(<Preview />, { plainText: true })];
  await expect(`${text}\n\n======== HTML ========\n\n${outline(html)}\n`).toMatchFileSnapshot(
    `rendered/${kind}.txt`,
  );
});

/**
 * What a reader sees of an HTML e-mail, a line per element that has words, a link, a background or a border: tag, link, style,
 * words. The tables around them and their paddings, which versions of react-email place differently, are left out.
 */
function outline(html: string): string {
  const { document } = new Window();
  document.write(html);
  const lines = [...document.querySelectorAll('body *')].flatMap((element) => {
    const words = [...element.childNodes]
      .filter((node) => node.nodeType === node.TEXT_NODE)
      .map((node) => node.textContent)
      .join('')
      .replaceAll(/[\u200b-\u200f\u00a0\ufeff\s]+/g, ' ')
      .trim();
    const href = element.getAttribute('href');
    const style = (element.getAttribute('style') ?? '').split(';');
    const drawn = words || href ? style : style.filter((one) => /^(background-color|border-top):/.test(one));
    const line = [href, ...drawn, words].filter(Boolean).join('; ');
    return line ? [`${element.tagName.toLowerCase()}: ${line}`] : [];
  });
  return lines.join('\n');
}
