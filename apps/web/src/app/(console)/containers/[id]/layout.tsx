import type { ReactNode } from 'react';
import { ContainerFrame } from './_parts/container-frame.tsx';

/** Header and tabs stay while the tab below them changes. */
export default async function Layout({
  children,
  params,
}: {
  children: ReactNode;
  params: Promise<{ id: string }>;
}) {
  const { id } = await params;
  return <ContainerFrame id={decodeURIComponent(id)}>{children}</ContainerFrame>;
}
