import { existsSync, readFileSync } from 'node:fs';

// What ships in the page, and what its licences ask to be said.
const shipped = ['maplibre-gl', 'svelte', 'pmtiles', 'fflate', 'milsymbol', 'world-atlas', '@fontsource-variable/inter'];

export function licences() {
  return {
    name: 'cutline-licences',
    generateBundle() {
      const parts = shipped.map((name) => {
        const folder = new URL(`../node_modules/${name}/`, import.meta.url);
        const { version, license } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'));
        const file = ['LICENSE', 'LICENSE.txt', 'LICENSE.md'].map((f) => new URL(f, folder)).find((f) => existsSync(f));
        const text = file ? readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim() : `Licence: ${license}`;
        return `${name} ${version} (${license})\n\n${text}`;
      });
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: `${parts.join(`\n\n${'-'.repeat(78)}\n\n`)}\n` });
    },
  };
}
