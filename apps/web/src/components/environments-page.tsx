'use client';
import { Badge, Button, ErrorNote, Mono, Skeleton, ToneIcon } from '@berth/ui';
import { RotateCw } from 'lucide-react';
import { useEnvironments } from '../lib/environment.tsx';
import { wordsOf } from '../lib/errors.ts';
import { PageHeader, PageScroll } from './page.tsx';

/** The engines this console looks after. */
export function EnvironmentsPage() {
  const { id, choose, list } = useEnvironments();
  return (
    <>
      <PageHeader title="Environments" meta="Engines this console talks to">
        <Button icon={RotateCw} busy={list.isFetching} onClick={() => list.refetch()}>
          Check again
        </Button>
      </PageHeader>
      <PageScroll>
        {list.error && (
          <ErrorNote
            title="The environments could not be listed"
            error={wordsOf(list.error)}
            onRetry={() => list.refetch()}
          />
        )}
        {list.isPending && <Skeleton className="h-20" />}
        <ul className="divide-y divide-grey-5 border-y border-grey-5">
          {list.data?.map((each) => (
            <li
              key={each.id}
              className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3.5"
              data-testid={`environment-${each.id}`}
            >
              <ToneIcon tone={each.reachable ? 'ok' : 'bad'} size={16} />
              <div className="min-w-0 flex-1 basis-60">
                <p className="flex items-center gap-2 font-medium">
                  {each.name}
                  {each.berth && <Badge>Berth</Badge>}
                </p>
                <Mono copy className="text-xs text-grey-10">
                  {each.endpoint}
                </Mono>
              </div>
              <div className="basis-52 text-sm">
                {each.reachable ? (
                  <>
                    <p>
                      {each.engine?.name} {each.engine?.version}
                    </p>
                    <p className="text-xs text-grey-10">Engine API {each.engine?.apiVersion}</p>
                  </>
                ) : (
                  <p className="break-words text-bad-text">{each.error ?? 'Does not answer.'}</p>
                )}
              </div>
              {each.id === id ? (
                <span className="w-24 text-right text-sm text-grey-10">shown now</span>
              ) : (
                <Button onClick={() => choose(each.id)} className="w-24">
                  Show
                </Button>
              )}
            </li>
          ))}
        </ul>
      </PageScroll>
    </>
  );
}
