import { TerminalTab } from '../_parts/terminal-tab.tsx';

export const metadata = { title: 'Terminal' };

export default function Page() {
  return <TerminalTab />;
}
