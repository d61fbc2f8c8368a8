import { useEffect, useState, useSyncExternalStore } from 'react';

/** How bright the console is: as the system says, or fixed. */
export type Appearance = 'system' | 'light' | 'dark';

const storageKey = 'quorate-appearance';
const listeners = new Set<() => void>();

function readAppearance(): Appearance {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

/** Sets and remembers the appearance. */
export function setAppearance(appearance: Appearance): void {
  localStorage.setItem(storageKey, appearance);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The chosen appearance. */
export const useAppearance = (): Appearance => useSyncExternalStore(subscribe, readAppearance);

function useMedia(condition: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(condition).matches);
  useEffect(() => {
    const query = matchMedia(condition);
    const onChange = () => setHolds(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, [condition]);
  return holds;
}

/** Whether things may move on the page. */
export const useMotion = (): boolean => !useMedia('(prefers-reduced-motion: reduce)');

/** Whether the page is dark now. */
export function useDark(): boolean {
  const appearance = useAppearance();
  const systemDark = useMedia('(prefers-color-scheme: dark)');
  const dark = appearance === 'system' ? systemDark : appearance === 'dark';
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
    document.documentElement.dataset.appearance = dark ? 'dark' : 'light';
  }, [dark]);
  return dark;
}
