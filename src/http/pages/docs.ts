import { randomBytes } from 'node:crypto';
import express, { Router } from 'express';
// The package's own entry loads the whole page into this process: 40 MB.
import absolutePath from 'swagger-ui-dist/absolute-path.js';
import { onlyMethods } from '../middleware/methods.ts';

/** `/openapi.json`, and `/docs` to read it and try it out. */
export function docsPages(document: object): Router {
  const router = Router();
  router.get('/openapi.json', (_req, res) => void res.json(document));
  router.get('/docs', (_req, res) => {
    const nonce = randomBytes(16).toString('base64');
    res.set(
      'Content-Security-Policy',
      `default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'nonce-${nonce}'`,
    );
    res.type('html').send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parker Flight API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: true });</script>
</body>
</html>`);
  });
  router.use('/docs/assets', express.static(absolutePath(), { index: false, maxAge: '1d' }));
  router.all(['/openapi.json', '/docs', '/docs/assets/{*file}'], onlyMethods(['GET']));
  return router;
}
