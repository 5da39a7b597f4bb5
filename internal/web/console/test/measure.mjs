import { cpus, loadavg } from 'node:os';
import { browser, open } from './browser.mjs';
import { alertEvent, Fake, trackEvent } from './fake.mjs';

// Figures of docs/console.md: npm run measure [-- SECONDS]. Two thousand tracks that all move twice a second, five hundred alerts of
// which one in ten changes, in Chromium with WebGL drawn by the processor.

const seconds = Number(process.argv[2] ?? 60);
const [tracks, alerts, hz] = [2000, 500, 2];
const fake = new Fake();
const url = await fake.start();
const places = Array.from({ length: tracks }, (_, i) => [48.96 + 0.09 * ((i * 0.618) % 1), -97.33 + 0.19 * ((i * 0.382) % 1)]);
const move = (n) => places.map(([lat, lon], i) => trackEvent(`t-${i}`, lat + 1e-5 * n, lon, { course_deg: (i * 7 + n) % 360, class: { [['person', 'animal', 'vehicle'][i % 3]]: 0.9 } }));
const priority = (i) => ['critical', 'high', 'medium', 'low'][i % 20 === 0 ? 0 : i % 7 === 0 ? 1 : i % 3 === 0 ? 2 : 3];
fake.emit(...move(0), ...Array.from({ length: alerts }, (_, i) => alertEvent(`a-${i}`, { priority: priority(i), raised: new Date(Date.now() - (1200 + i) * 1000).toISOString() })));

const b = await browser();
const { page, complaints } = await open(b, url);
const cdp = await page.context().newCDPSession(page);
await page.waitForFunction(() => performance.getEntriesByName('picture').length > 0, null, { timeout: 120_000 });
const first = await page.evaluate(() => performance.getEntriesByName('picture')[0].startTime);
await page.waitForFunction(() => performance.getEntriesByName('backdrop').length > 0, null, { timeout: 120_000 });
const land = await page.evaluate(() => performance.getEntriesByName('backdrop')[0].startTime);
await page.locator('li[data-id]').first().waitFor();

await page.evaluate(() => {
  window.kept = { keys: [], gaps: [], seen: {} };
  new PerformanceObserver((list) => list.getEntries().forEach((e) => e.name === 'keydown' && window.kept.keys.push(e.duration)))
    .observe({ type: 'event', durationThreshold: 16, buffered: false });
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.kept.gaps.push(e.duration))).observe({ type: 'longtask' });
  new MutationObserver((list) => {
    for (const m of list) for (const n of m.addedNodes) {
      const id = n instanceof HTMLElement ? n.dataset.id : undefined;
      if (id?.startsWith('new-')) requestAnimationFrame(() => setTimeout(() => (window.kept.seen[id] = Date.now())));
    }
  }).observe(document.body, { subtree: true, childList: true });
});
const heap = async () => {
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
};

let n = 0;
const sent = {};
const timer = setInterval(() => {
  n++;
  const changed = Array.from({ length: alerts / 10 }, (_, i) => fake.state.get(`alert/a-${(n * 50 + i) % alerts}`)).map((e) => ({ ...e, alert: { ...e.alert, change: 'update', revision: e.alert.revision + 1 } }));
  fake.emit(...move(n), ...changed);
  fake.history.length = 0;
  fake.log.fill('');
  if (n % 10 === 5) {
    sent[`new-${n}`] = Date.now();
    fake.emit(alertEvent(`new-${n}`, { priority: 'critical' }));
  }
}, 1000 / hz);

await page.waitForTimeout(5000);
const heaps = [await heap()];
const system = await b.newBrowserCDPSession();
const processes = async () => {
  const sums = {};
  for (const p of (await system.send('SystemInfo.getProcessInfo')).processInfo) sums[p.type] = (sums[p.type] ?? 0) + p.cpuTime;
  return sums;
};
const spent = await processes();
const begin = Date.now();
const end = begin + seconds * 1000;
let pressed = 0;
while (Date.now() < end) {
  await page.keyboard.press(pressed++ % 2 ? 'j' : 'k');
  await page.waitForTimeout(400);
  if (Date.now() - begin > (seconds * 1000 * heaps.length) / 4) heaps.push(await heap());
}
const used = await processes();
while (heaps.length < 5) heaps.push(await heap());
const kept = await page.evaluate(() => window.kept);
clearInterval(timer);
await b.close();
await fake.stop();

const at = (list, share) => [...list].sort((x, y) => x - y)[Math.min(list.length - 1, Math.floor(share * list.length))] ?? 0;
const keys = [...kept.keys, ...new Array(Math.max(0, pressed - kept.keys.length)).fill(16)]; // what is under 16 ms is not told
const shown = Object.entries(sent).flatMap(([id, t]) => (kept.seen[id] ? [kept.seen[id] - t] : []));
const ms = (v) => `${Math.round(v)} ms`;
console.log(`${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, ${seconds} s, ${tracks} tracks and ${alerts} alerts at ${hz} Hz`);
console.log(`first picture            ${ms(first)}, with the land behind it ${ms(land)}`);
console.log(`input latency            p50 ${ms(at(keys, 0.5))}, p95 ${ms(at(keys, 0.95))}, worst ${ms(Math.max(...keys))} (${pressed} keys)`);
console.log(`main-thread gaps         p95 ${ms(at(kept.gaps, 0.95))}, worst ${ms(Math.max(0, ...kept.gaps))} (${kept.gaps.length} above 50 ms)`);
console.log(`alert, sent to pixels    p50 ${ms(at(shown, 0.5))}, worst ${ms(Math.max(0, ...shown))} (${shown.length})`);
const share = (type) => `${Math.round((100 * ((used[type] ?? 0) - (spent[type] ?? 0))) / seconds)} %`;
console.log(`of one core              the page ${share('renderer')}, drawing (GPU process) ${share('GPU')}`);
console.log(`heap after collection    ${heaps.map((h) => h.toFixed(1)).join(', ')} MB, at each quarter`);
if (complaints.length > 0) console.log(complaints.join('\n'));
