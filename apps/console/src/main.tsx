import { createRoot } from 'react-dom/client';
import { Application } from './application';
import { startTranslation } from './i18n';
import './console.css';

const container = document.getElementById('root');
if (container === null) throw new Error('index.html has no #root');
await startTranslation();
createRoot(container).render(<Application />);
