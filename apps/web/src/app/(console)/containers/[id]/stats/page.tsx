import { StatsTab } from '../_parts/stats-tab.tsx';

export const metadata = { title: 'Stats' };

export default function Page() {
  return <StatsTab />;
}
