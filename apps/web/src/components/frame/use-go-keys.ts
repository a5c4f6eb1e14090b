'use client';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { pages } from './pages.ts';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    target.closest('input, textarea, select, [role="dialog"], [role="alertdialog"], .xterm') !== null);

/** `g` then a letter goes to a page, `/` to the search of the page. Never while typing. */
export function useGoKeys(): void {
  const router = useRouter();
  useEffect(() => {
    let pressed = 0;
    const listener = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('main [data-search]');
        if (!search) return;
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === 'g') pressed = event.timeStamp;
      else if (event.timeStamp - pressed < 1_200) {
        pressed = 0;
        const page = pages.find((each) => each.key === event.key);
        if (page) router.push(page.href);
      }
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, [router]);
}
