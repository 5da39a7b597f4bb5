import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { basemap } from './build/basemap.mjs';
import { licences } from './build/licences.mjs';
import { symbols } from './build/symbols.mjs';

// The same sources give the same bytes: names come from contents, and nothing of the machine or the day goes in.
export default defineConfig({
  base: './',
  plugins: [svelte(), symbols(), basemap(), licences()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false }, // the polyfill is for browsers without WebGL 2 anyway
    assetsInlineLimit: 0, // a data: URL is no 'self' in the page's policy
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
  worker: { format: 'es' },
  server: { proxy: { '/api': process.env.CUTLINE_URL ?? 'http://127.0.0.1:8080' } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
