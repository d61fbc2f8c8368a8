import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import en from './en.json';

/** The languages of the console; the tag is also the locale of its numbers and dates. */
export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

const storageKey = 'quorate-language';

/** The remembered language, or the browser's first one that the console speaks. */
function preferredLanguage(): Language {
  const remembered = localStorage.getItem(storageKey);
  const wanted = remembered === null ? navigator.languages : [remembered];
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}

/** Loads the catalogue of a language if need be, switches to it and remembers it. */
export async function switchLanguage(language: Language): Promise<void> {
  await loadCatalogue(language);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  localStorage.setItem(storageKey, language);
}

/** Starts translation before the first render. English is always there as the fallback. */
export async function startTranslation(): Promise<void> {
  const language = preferredLanguage();
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  if (language !== 'en') {
    await loadCatalogue(language);
    await i18next.changeLanguage(language);
  }
  document.documentElement.lang = language;
}

async function loadCatalogue(language: Language): Promise<void> {
  if (language === 'en' || i18next.hasResourceBundle(language, 'translation')) return;
  const catalogue = await import('./zh-CN.json');
  i18next.addResourceBundle(language, 'translation', catalogue.default);
}
