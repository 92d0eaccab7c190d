import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { withContentSecurityPolicy } from './content-security-policy.js';
import { drawn } from './diagrams.js';
import { SIDEBAR } from './sidebar.js';

const repository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const apiSidebar = fileURLToPath(new URL('../api/typedoc-sidebar.json', import.meta.url));
const api: unknown[] = existsSync(apiSidebar)
  ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as unknown[])
  : [];

// Pictures are part of the page that shows them: the content security policy lets no picture be loaded.
const ICON = `data:image/svg+xml;base64,${readFileSync(repository('docs/site/icon.svg')).toString('base64')}`;

export default defineConfig({
  title: 'credex',
  description: 'AWS, Google Cloud, Azure and your own API from Vercel, without a stored secret.',
  lang: 'en',
  cleanUrls: false,
  srcExclude: ['README.md', 'node_modules/**'],
  head: [['link', { rel: 'icon', href: ICON, type: 'image/svg+xml' }]],
  // The home page of the theme has no main landmark.
  transformHtml: (code) =>
    withContentSecurityPolicy(
      code.replace('class="VPContent is-home"', 'role="main" class="VPContent is-home"'),
    ),
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(markdown) {
      const fence = markdown.renderer.rules.fence;
      markdown.renderer.rules.fence = (tokens, index, ...rest) => {
        const token = tokens[index];
        if (token?.info.trim() === 'mermaid') return drawn(token.content);
        return fence?.(tokens, index, ...rest) ?? '';
      };
    },
  },
  vite: {
    resolve: {
      alias: [
        { find: '@credex/explain/worker', replacement: repository('packages/explain/dist/worker.js') },
        { find: '@credex/explain', replacement: repository('packages/explain/dist/index.js') },
      ],
    },
    build: { assetsInlineLimit: 100_000 },
    worker: { format: 'es' },
    server: { fs: { allow: [repository('.')] } },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/credex/credex' }],
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Guides', link: '/hosts/nextjs', activeMatch: '^/(hosts|targets|setup|migrate)/' },
      { text: 'Playground', link: '/playground' },
      { text: 'Troubleshooting', link: '/troubleshooting' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: {
      '/api/': [{ text: 'API reference', link: '/api/', items: api as never }],
      '/': SIDEBAR,
    },
  },
});
