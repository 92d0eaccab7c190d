import { defineConfig } from 'nitro';

export default defineConfig({ compatibilityDate: '2026-11-01', preset: 'vercel', serverDir: 'server' });
