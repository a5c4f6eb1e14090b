import { LogsTab } from '../_parts/logs-tab.tsx';

export const metadata = { title: 'Logs' };

export default function Page() {
  return <LogsTab />;
}
