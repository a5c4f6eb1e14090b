import { Button } from '@berth/ui';
import Link from 'next/link';
import { AuthPage } from '../components/auth/auth-card.tsx';

export default function NotFound() {
  return (
    <AuthPage
      title="There is no such page"
      lead="The address is wrong, or what it was about has been removed."
    >
      <Button asChild>
        <Link href="/">Go to the dashboard</Link>
      </Button>
    </AuthPage>
  );
}
