import { LimitsTab } from '../_parts/limits-tab.tsx';

export const metadata = { title: 'Limits' };

export default function Page() {
  return <LimitsTab />;
}
