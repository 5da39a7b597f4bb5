import { chromium } from 'playwright-core';

// Debian's Chromium as it runs on a machine without a graphics card: the processor draws the page, and WebGL too.
export async function browser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader', '--autoplay-policy=no-user-gesture-required'],
  });
}

/** A page that keeps what a test must not overlook: errors, refused policies, and requests to any other host. */
export async function open(b, url, options = {}) {
  const context = await b.newContext({ viewport: { width: 1366, height: 768 }, locale: 'en-CA', acceptDownloads: true, ...options });
  const page = await context.newPage();
  const complaints = [];
  const origin = new URL(url).origin;
  page.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  page.on('console', (m) => {
    const text = m.text();
    if (m.type() === 'error' && !/Failed to load resource|net::ERR/.test(text)) complaints.push(`console: ${text}`);
  });
  page.on('request', (r) => {
    if (!r.url().startsWith(origin) && !/^(data|blob):/.test(r.url())) complaints.push(`asked another host: ${r.url()}`);
  });
  await page.goto(url);
  return { page, context, complaints };
}
