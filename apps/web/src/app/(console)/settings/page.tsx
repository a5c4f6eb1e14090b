import type { Metadata } from 'next';
import { AppearanceSettings } from '../../../components/settings/appearance.tsx';

export const metadata: Metadata = { title: 'Settings' };

export default function Page() {
  return <AppearanceSettings />;
}
