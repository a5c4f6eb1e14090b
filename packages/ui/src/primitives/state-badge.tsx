'use client';
import {
  Circle,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleEllipsis,
  CirclePause,
  CircleX,
  type LucideIcon,
  RotateCw,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from '../lib/cx.ts';
import type { Tone } from '../tokens/tokens.ts';

const toneText: Record<Tone, string> = {
  ok: 'text-ok-text',
  warn: 'text-warn-text',
  bad: 'text-bad-text',
  info: 'text-info-text',
  idle: 'text-idle-text',
};
const toneDot: Record<Tone, string> = {
  ok: 'text-ok-dot',
  warn: 'text-warn-dot',
  bad: 'text-bad-dot',
  info: 'text-info-dot',
  idle: 'text-idle-dot',
};
const toneSoft: Record<Tone, string> = {
  ok: 'bg-ok-soft',
  warn: 'bg-warn-soft',
  bad: 'bg-bad-soft',
  info: 'bg-info-soft',
  idle: 'bg-idle-soft',
};

/** What is known of a container's state, as every list of containers has it. */
export interface ContainerStateFacts {
  state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  health?: 'none' | 'starting' | 'healthy' | 'unhealthy' | undefined;
  exitCode?: number | null | undefined;
  oomKilled?: boolean | undefined;
  /** A person or client asked it to stop: then no exit code is a failure. */
  stoppedByUser?: boolean | undefined;
}

export interface StateLook {
  tone: Tone;
  label: string;
  icon: LucideIcon;
  filled: boolean;
}

const look = (tone: Tone, label: string, icon: LucideIcon, filled = false): StateLook => ({
  tone,
  label,
  icon,
  filled,
});

function exitedLook(facts: ContainerStateFacts): StateLook {
  const code = facts.exitCode ?? 0;
  if (facts.oomKilled) return look('bad', 'out of memory', CircleX);
  if (code === 0 || facts.stoppedByUser) return look('idle', `exited ${code}`, Circle);
  return look('bad', `exited ${code}`, CircleX);
}

/**
 * The colour, word and shape of a state. Exit 0 and stopped by a person are grey, any other exit and running out of
 * memory red, unhealthy red, transitions amber, running green, created blue.
 */
export function containerLook(facts: ContainerStateFacts): StateLook {
  switch (facts.state) {
    case 'running':
      if (facts.health === 'unhealthy') return look('bad', 'unhealthy', CircleAlert);
      if (facts.health === 'starting') return look('warn', 'starting', CircleDot);
      return look('ok', facts.health === 'healthy' ? 'healthy' : 'running', Circle, true);
    case 'paused':
      return look('warn', 'paused', CirclePause);
    case 'restarting':
      return look('warn', 'restarting', RotateCw);
    case 'removing':
      return look('warn', 'removing', CircleEllipsis);
    case 'created':
      return look('info', 'created', CircleDashed);
    case 'dead':
      return look('bad', 'dead', CircleX);
    case 'exited':
      return exitedLook(facts);
  }
}

/** Only the shape in the state's colour; the words must stand beside it. */
export function StateIcon({ facts }: { facts: ContainerStateFacts }): ReactNode {
  const { tone, icon: Icon, filled } = containerLook(facts);
  return (
    <Icon
      aria-hidden
      size={filled ? 10 : 13}
      strokeWidth={2.25}
      className={cx('shrink-0', toneDot[tone], filled && 'mx-[1.5px] fill-current')}
    />
  );
}

/** Icon in the state's colour and the word beside it. `soft` adds the quiet ground. */
export function StateBadge({
  facts,
  soft = false,
  iconOnly = false,
  className,
}: {
  facts: ContainerStateFacts;
  soft?: boolean;
  /** The word is still read out and shown on hover. */
  iconOnly?: boolean;
  className?: string | undefined;
}): ReactNode {
  const { tone, label } = containerLook(facts);
  return (
    <span
      data-testid="state"
      data-tone={tone}
      title={iconOnly ? label : undefined}
      className={cx(
        'inline-flex items-center gap-1.5 text-sm whitespace-nowrap',
        toneText[tone],
        soft && ['h-6 rounded-md px-2 text-xs font-medium', toneSoft[tone]],
        className,
      )}
    >
      <StateIcon facts={facts} />
      <span className={iconOnly ? 'sr-only' : undefined}>{label}</span>
    </span>
  );
}

/** A word on its tone: a role, a driver, "in use". */
export function Badge({
  tone = 'idle',
  icon: Icon,
  className,
  children,
}: {
  tone?: Tone;
  icon?: LucideIcon;
  className?: string | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <span
      className={cx(
        'inline-flex h-5 max-w-full items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap',
        toneSoft[tone],
        toneText[tone],
        className,
      )}
    >
      {Icon && <Icon aria-hidden size={12} className="shrink-0" />}
      <span className="clip">{children}</span>
    </span>
  );
}

const toneIcon: Record<Tone, LucideIcon> = {
  ok: CircleCheck,
  warn: CircleDot,
  bad: CircleAlert,
  info: CircleDashed,
  idle: Circle,
};

/** Only the shape of a tone; the words must stand beside it. */
export function ToneIcon({
  tone,
  size = 14,
  className,
}: {
  tone: Tone;
  size?: number;
  className?: string;
}): ReactNode {
  const Icon = toneIcon[tone];
  return <Icon aria-hidden size={size} className={cx('shrink-0', toneDot[tone], className)} />;
}
