import { cx } from '@berth/ui';

/** Berth's mark: a box lying in its dock. */
export function Mark({ size = 20, className }: { size?: number; className?: string }) {
  return (
    <svg aria-hidden width={size} height={size} viewBox="0 0 20 20" className={cx('shrink-0', className)}>
      <path
        d="M2.5 4v8.2a4.3 4.3 0 0 0 4.3 4.3h6.4a4.3 4.3 0 0 0 4.3-4.3V4"
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <rect x="6.5" y="4" width="7" height="8.5" rx="1.25" className="fill-accent-ring" />
    </svg>
  );
}
