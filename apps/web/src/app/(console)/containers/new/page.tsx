import type { Metadata } from 'next';
import { CreatePage } from '../../../../components/create/create-page.tsx';

export const metadata: Metadata = { title: 'Create container' };

export default function Page() {
  return <CreatePage />;
}
