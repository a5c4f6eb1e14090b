'use client';
import { Command as Cmdk } from 'cmdk';
import { type LucideIcon, Search } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { type ReactNode, useEffect } from 'react';
import { Kbd } from './mono.tsx';

export interface PaletteItem {
  id: string;
  label: string;
  /** Said after the label in grey: an image, a path. */
  detail?: string | undefined;
  /** Other words that find it. */
  keywords?: readonly string[] | undefined;
  icon?: LucideIcon | undefined;
  shortcut?: string | undefined;
  onSelect(): void;
}

export interface PaletteGroup {
  title: string;
  items: readonly PaletteItem[];
}

/** Ctrl+K or ⌘K from anywhere, also from inside a text field. */
export function usePaletteKey(onOpen: () => void): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      onOpen();
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, [onOpen]);
}

/** Goes anywhere and does anything by typing a few letters of it. */
export function CommandPalette({
  open,
  onOpenChange,
  groups,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
  groups: readonly PaletteGroup[];
}): ReactNode {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[oklch(0.15_0.01_255/0.45)]" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-50 w-[calc(100%-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border border-grey-6 bg-grey-1 shadow-float outline-none animate-in"
        >
          <Radix.Title className="sr-only">Command palette</Radix.Title>
          <Cmdk label="Command palette" loop>
            <div className="flex items-center gap-2.5 border-b border-grey-5 px-4">
              <Search aria-hidden size={16} className="shrink-0 text-grey-9" />
              <Cmdk.Input
                placeholder="Go to a page, a container or an action"
                className="h-12 w-full bg-transparent text-base outline-none"
              />
              <Kbd>Esc</Kbd>
            </div>
            <Cmdk.List className="max-h-[min(400px,60vh)] scroll-py-1 overflow-y-auto p-1">
              <Cmdk.Empty className="py-10 text-center text-sm text-grey-10">
                Nothing has that name.
              </Cmdk.Empty>
              {groups.map((group) => (
                <Cmdk.Group
                  key={group.title}
                  heading={group.title}
                  className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-grey-10"
                >
                  {group.items.map((item) => (
                    <Cmdk.Item
                      key={item.id}
                      value={item.id}
                      keywords={[item.label, item.detail ?? '', ...(item.keywords ?? [])]}
                      onSelect={() => {
                        onOpenChange(false);
                        item.onSelect();
                      }}
                      className="flex h-9 cursor-default items-center gap-3 rounded-md px-3 text-sm data-[selected=true]:bg-accent-soft"
                    >
                      {item.icon && (
                        <item.icon
                          aria-hidden
                          size={15}
                          strokeWidth={1.75}
                          className="shrink-0 text-grey-10"
                        />
                      )}
                      <span className="clip shrink-0 max-w-[60%]">{item.label}</span>
                      <span className="clip flex-1 font-mono text-xs text-grey-10">{item.detail}</span>
                      {item.shortcut && <Kbd>{item.shortcut}</Kbd>}
                    </Cmdk.Item>
                  ))}
                </Cmdk.Group>
              ))}
            </Cmdk.List>
          </Cmdk>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
