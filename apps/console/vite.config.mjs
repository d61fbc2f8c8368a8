import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const root = dirname(fileURLToPath(import.meta.url));
const libraries = join(root, '../../libs');

export default defineConfig({
  root,
  plugins: [react()],
  resolve: { alias: [{ find: /^@quorate\/([a-z0-9-]+)$/, replacement: `${libraries}/$1/src/index.ts` }] },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // antd's core is one chunk that every signed-in route needs; it is loaded once and cached.
    chunkSizeWarningLimit: 1200,
  },
  server: { port: 5173, proxy: { '/v1': 'http://127.0.0.1:8080' } },
});
