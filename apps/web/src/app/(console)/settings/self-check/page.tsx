import type { Metadata } from 'next';
import { SelfCheckSettings } from '../../../../components/settings/self-check.tsx';

export const metadata: Metadata = { title: 'Self-check' };

export default function Page() {
  return <SelfCheckSettings />;
}
