import { OverviewTab } from './_parts/overview-tab.tsx';

export const metadata = { title: 'Container' };

export default function Page() {
  return <OverviewTab />;
}
