'use client';
import type { ContainerDetail } from '@berth/api/schemas';
import { Badge, Button, formatBytes, formatCores, Id, Mono, RelativeTime } from '@berth/ui';
import { type ReactNode, useState } from 'react';
import { PageScroll } from '../../../../../components/page.tsx';
import { useContainer } from './container-context.tsx';

/** What it is made of and how it is set up. */
export function OverviewTab() {
  const { detail } = useContainer();
  return (
    <PageScroll className="grid max-w-6xl gap-x-10 gap-y-8 pt-4 lg:grid-cols-2">
      <Section title="State">
        <StateFacts detail={detail} />
      </Section>
      <Section title="Program">
        <ProgramFacts detail={detail} />
      </Section>
      <Section title="Networks">
        <NetworkFacts detail={detail} />
      </Section>
      <Section title="Mounts">
        <MountFacts detail={detail} />
      </Section>
      <Section title="Environment">
        <Variables env={detail.config.env} />
      </Section>
      <Section title="Isolation and limits">
        <HostFacts detail={detail} />
      </Section>
      <Section title="Labels">
        <Labels labels={detail.labels} />
      </Section>
      {detail.healthLog.length > 0 && (
        <Section title="Health checks">
          <HealthLog detail={detail} />
        </Section>
      )}
    </PageScroll>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h2 className="border-b border-grey-5 pb-1.5 text-sm font-semibold">{title}</h2>
      {children}
    </section>
  );
}

const Facts = ({ children }: { children: ReactNode }) => (
  <dl className="grid grid-cols-[minmax(96px,auto)_1fr] gap-x-4 text-sm">{children}</dl>
);

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-1 text-grey-10">{name}</dt>
      <dd className="m-0 min-w-0 py-1 break-words">{children}</dd>
    </>
  );
}

const None = ({ children }: { children: ReactNode }) => (
  <p className="py-1.5 text-sm text-grey-10">{children}</p>
);

function StateFacts({ detail }: { detail: ContainerDetail }) {
  const { restartPolicy } = detail.host;
  return (
    <Facts>
      {detail.exitReason !== null && detail.state !== 'running' && (
        <Fact name="Ended">{detail.exitReason}</Fact>
      )}
      {detail.error !== null && (
        <Fact name="Start error">
          <span className="text-bad-text">{detail.error}</span>
        </Fact>
      )}
      <Fact name="Created">
        <RelativeTime at={detail.createdAtMs} />
      </Fact>
      {detail.startedAtMs !== null && (
        <Fact name="Started">
          <RelativeTime at={detail.startedAtMs} />
        </Fact>
      )}
      {detail.finishedAtMs !== null && detail.state !== 'running' && (
        <Fact name="Ended at">
          <RelativeTime at={detail.finishedAtMs} />
        </Fact>
      )}
      {detail.pid !== null && <Fact name="Process id">{detail.pid} on the host</Fact>}
      <Fact name="Restarts">{detail.restartCount}</Fact>
      <Fact name="Restart policy">
        {restartPolicy.name}
        {restartPolicy.maximumRetryCount > 0 && `, at most ${restartPolicy.maximumRetryCount} times`}
      </Fact>
      {detail.project !== null && (
        <Fact name="Stack">
          {detail.project}
          {detail.service !== null && ` / ${detail.service}`}
        </Fact>
      )}
    </Facts>
  );
}

function ProgramFacts({ detail }: { detail: ContainerDetail }) {
  const { config } = detail;
  return (
    <Facts>
      <Fact name="Image">
        <Mono copy>{detail.image}</Mono>
      </Fact>
      <Fact name="Image id">
        <Id id={detail.imageId} />
      </Fact>
      {config.entrypoint.length > 0 && (
        <Fact name="Entrypoint">
          <Mono>{quote(config.entrypoint)}</Mono>
        </Fact>
      )}
      <Fact name="Command">
        {config.command.length > 0 ? <Mono copy>{quote(config.command)}</Mono> : 'of the image'}
      </Fact>
      <Fact name="Directory">
        <Mono>{config.workingDir}</Mono>
      </Fact>
      <Fact name="User">{config.user === '' ? 'root' : config.user}</Fact>
      <Fact name="Host name">
        <Mono>{config.hostname}</Mono>
      </Fact>
      <Fact name="Terminal">{config.tty ? 'yes' : 'no'}</Fact>
    </Facts>
  );
}

/** Words as one would type them. */
const quote = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');

function NetworkFacts({ detail }: { detail: ContainerDetail }) {
  return (
    <Facts>
      {detail.endpoints.length === 0 && <Fact name="Mode">{detail.host.networkMode}</Fact>}
      {detail.endpoints.map((endpoint) => (
        <Fact key={endpoint.network} name={endpoint.network}>
          {endpoint.ip === null ? (
            'no address while it is stopped'
          ) : (
            <span className="flex flex-wrap gap-x-4">
              <Mono copy>{`${endpoint.ip}/${endpoint.prefixLength ?? ''}`}</Mono>
              {endpoint.gateway !== null && <span className="text-grey-10">gateway {endpoint.gateway}</span>}
              {endpoint.mac !== null && <span className="font-mono text-grey-10">{endpoint.mac}</span>}
            </span>
          )}
        </Fact>
      ))}
      {detail.ports.map((port) => (
        <Fact
          key={`${port.ip}${port.hostPort}${port.containerPort}${port.protocol}`}
          name={`${port.containerPort}/${port.protocol}`}
        >
          {port.hostPort === null ? (
            'exposed, not published'
          ) : (
            <Mono>{`${port.ip ?? '0.0.0.0'}:${port.hostPort}`}</Mono>
          )}
        </Fact>
      ))}
    </Facts>
  );
}

function MountFacts({ detail }: { detail: ContainerDetail }) {
  if (detail.mounts.length === 0)
    return <None>Nothing is mounted. What it writes is lost when it is removed.</None>;
  return (
    <Facts>
      {detail.mounts.map((mount) => (
        <Fact key={mount.destination} name={mount.type}>
          <Mono>{mount.destination}</Mono>
          {mount.readOnly && <Badge tone="idle">read-only</Badge>}
          <span className="block text-xs text-grey-10">
            <Mono>{mount.name ?? mount.source}</Mono>
          </span>
        </Fact>
      ))}
    </Facts>
  );
}

function Variables({ env }: { env: ContainerDetail['config']['env'] }) {
  const [revealed, setRevealed] = useState(false);
  if (env.length === 0) return <None>No variables are set.</None>;
  const hasSecrets = env.some(({ secret }) => secret);
  return (
    <>
      <Facts>
        {env.map(({ name, value, secret }) => (
          <Fact key={name} name={name}>
            {secret && !revealed ? <span className="text-grey-10">hidden</span> : <Mono copy>{value}</Mono>}
          </Fact>
        ))}
      </Facts>
      {hasSecrets && (
        <Button size="sm" kind="ghost" onClick={() => setRevealed(!revealed)} aria-pressed={revealed}>
          {revealed ? 'Hide secrets' : 'Show secrets'}
        </Button>
      )}
    </>
  );
}

function HostFacts({ detail }: { detail: ContainerDetail }) {
  const { host, limits } = detail;
  return (
    <Facts>
      <Fact name="CPU">{limits.cpus === null ? 'no limit' : formatCores(limits.cpus)}</Fact>
      <Fact name="Memory">{limits.memoryBytes === null ? 'no limit' : formatBytes(limits.memoryBytes)}</Fact>
      <Fact name="Processes">{limits.pids ?? 'no limit'}</Fact>
      <Fact name="Privileged">{host.privileged ? <span className="text-warn-text">yes</span> : 'no'}</Fact>
      <Fact name="Root file system">{host.readOnlyRoot ? 'read-only' : 'writable'}</Fact>
      {host.capAdd.length > 0 && <Fact name="Added rights">{host.capAdd.join(', ')}</Fact>}
      {host.capDrop.length > 0 && <Fact name="Dropped rights">{host.capDrop.join(', ')}</Fact>}
      <Fact name="When it stops">{host.autoRemove ? 'is removed' : 'is kept'}</Fact>
      <Fact name="Log driver">{host.logDriver}</Fact>
    </Facts>
  );
}

function Labels({ labels }: { labels: Record<string, string> }) {
  const entries = Object.entries(labels);
  if (entries.length === 0) return <None>No labels.</None>;
  return (
    <dl className="text-sm">
      {entries.map(([name, value]) => (
        <div key={name} className="py-1">
          <dt className="font-mono text-xs break-all text-grey-10">{name}</dt>
          <dd className="m-0">
            <Mono>{value}</Mono>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function HealthLog({ detail }: { detail: ContainerDetail }) {
  return (
    <ol className="m-0 list-none p-0 text-sm">
      {detail.healthLog.toReversed().map((probe) => (
        <li key={probe.startedAtMs} className="border-b border-grey-4 py-1.5">
          <span className={probe.exitCode === 0 ? 'text-ok-text' : 'text-bad-text'}>
            {probe.exitCode === 0 ? 'passed' : `failed with code ${probe.exitCode}`}
          </span>{' '}
          <RelativeTime at={probe.startedAtMs} className="text-grey-10" />
          {probe.output.trim() !== '' && (
            <pre className="mt-1 overflow-x-auto font-mono text-xs whitespace-pre-wrap text-grey-11">
              {probe.output.trim()}
            </pre>
          )}
        </li>
      ))}
    </ol>
  );
}
