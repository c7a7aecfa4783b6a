import type { ReactNode } from 'react';
import { Body, Button, Container, Head, Heading, Hr, Html, Link, Preview, Section, Text } from 'react-email';

/** Colours and type of every e-mail; e-mail clients need them inline. */
export const ink = {
  strong: '#14213d',
  soft: '#5c677d',
  line: '#e2e6ee',
  page: '#f3f5f9',
  accent: '#1f6feb',
  good: '#137a4b',
  warn: '#a6480b',
};
const font = '-apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

export interface LayoutProps {
  readonly preview: string;
  readonly title: string;
  readonly tone?: 'good' | 'warn' | 'accent';
  readonly tripUrl: string;
  readonly correlationId: string | null;
  readonly children: ReactNode;
}

export function Layout({ preview, title, tone = 'accent', tripUrl, correlationId, children }: LayoutProps) {
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light" />
      </Head>
      <Preview>{preview}</Preview>
      <Body style={{ backgroundColor: ink.page, fontFamily: font, margin: 0, padding: '16px 8px' }}>
        <Container
          style={{ backgroundColor: '#ffffff', borderRadius: 12, maxWidth: 560, overflow: 'hidden' }}
        >
          <Section style={{ backgroundColor: ink[tone], padding: '18px 24px' }}>
            <Text style={{ color: '#ffffff', fontSize: 13, letterSpacing: 1, margin: 0 }}>PARKER FLIGHT</Text>
            <Heading
              as="h1"
              style={{ color: '#ffffff', fontSize: 22, lineHeight: '28px', margin: '4px 0 0' }}
            >
              {title}
            </Heading>
          </Section>
          <Section style={{ padding: '20px 24px' }}>{children}</Section>
          <Hr style={{ borderTop: `1px solid ${ink.line}`, margin: 0 }} />
          <Section style={{ padding: '14px 24px' }}>
            <Text style={{ ...small, margin: 0 }}>
              Follow this trip: <Link href={tripUrl}>{tripUrl}</Link>
            </Text>
            {correlationId && (
              <Text style={{ ...small, margin: '4px 0 0' }}>
                Quote this when you write to us: {correlationId}
              </Text>
            )}
          </Section>
        </Container>
      </Body>
    </Html>
  );
}

export const small = { color: ink.soft, fontSize: 12, lineHeight: '18px', wordBreak: 'break-word' as const };
export const paragraph = { color: ink.strong, fontSize: 15, lineHeight: '23px', margin: '0 0 14px' };

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Section style={{ borderTop: `1px solid ${ink.line}`, margin: '0 0 6px', paddingTop: 14 }}>
      <Heading as="h2" style={{ color: ink.strong, fontSize: 15, margin: '0 0 8px' }}>
        {title}
      </Heading>
      {children}
    </Section>
  );
}

/** The one thing to do next. */
export function Action({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Button
      href={href}
      style={{
        backgroundColor: ink.accent,
        borderRadius: 8,
        color: '#ffffff',
        display: 'inline-block',
        fontSize: 15,
        fontWeight: 600,
        margin: '4px 0 16px',
        padding: '11px 18px',
      }}
    >
      {children}
    </Button>
  );
}
