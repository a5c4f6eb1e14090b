import { InspectTab } from '../_parts/inspect-tab.tsx';

export const metadata = { title: 'Inspect' };

export default function Page() {
  return <InspectTab />;
}
