'use client';
import {
  type BulkContext,
  Button,
  type Column,
  DataTable,
  EmptyState,
  ErrorNote,
  SearchInput,
} from '@berth/ui';
import type { UseQueryResult } from '@tanstack/react-query';
import { SearchX } from 'lucide-react';
import { type ReactNode, useDeferredValue, useMemo } from 'react';
import { wordsOf } from '../../lib/errors.ts';
import { useUrlParam } from '../../lib/url.ts';
import { type Chip, FilterChips } from '../filter-chips.tsx';
import { PageHeader } from '../page.tsx';

export interface ListPageProps<Row> {
  title: string;
  /** Many of it, in lower case: "images". */
  nouns: string;
  query: UseQueryResult<Row[], unknown>;
  columns: readonly Column<Row>[];
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  /** Everything the search looks at. */
  text: (row: Row) => string;
  filters?: readonly { value: string; label: string; icon?: ReactNode; keep: (row: Row) => boolean }[];
  selectable?: (row: Row) => boolean;
  bulk?: (context: BulkContext<Row>) => ReactNode;
  actions?: ReactNode;
  /** A line between the title and the table: a total, a hint. */
  meta?: ReactNode;
  phoneRow: (row: Row) => { first: ReactNode; second: ReactNode; end?: ReactNode };
  empty: ReactNode;
  initialSort: { id: string; desc: boolean };
}

/** Title, search, filters and table of one kind of object. */
export function ListPage<Row>(props: ListPageProps<Row>) {
  const { title, nouns, query, filters = [], text } = props;
  const [search, setSearch] = useUrlParam('q');
  const [filter, setFilter] = useUrlParam('show');
  const wanted = useDeferredValue(search).toLowerCase();
  const rows = useMemo(() => query.data ?? [], [query.data]);
  const keep = filters.find((each) => each.value === filter)?.keep;
  const shown = useMemo(() => {
    const words = wanted.split(/\s+/).filter(Boolean);
    return rows.filter((row) => {
      const all = text(row).toLowerCase();
      return (keep?.(row) ?? true) && words.every((word) => all.includes(word));
    });
  }, [rows, wanted, keep, text]);
  const chips: Chip[] = [
    { value: '', label: 'All', count: query.data ? rows.length : undefined },
    ...filters.map((each) => ({
      value: each.value,
      label: each.label,
      icon: each.icon,
      count: query.data ? rows.filter(each.keep).length : undefined,
    })),
  ];
  return (
    <>
      <PageHeader title={title} meta={props.meta}>
        <SearchInput
          value={search}
          onChange={setSearch}
          label={`Search ${nouns}`}
          className="min-w-0 flex-1 sm:w-56 sm:flex-none"
        />
        {props.actions}
      </PageHeader>
      {query.error && !query.data ? (
        <div className="px-4 py-2">
          <ErrorNote
            title={`The ${nouns} could not be listed`}
            error={wordsOf(query.error)}
            onRetry={() => query.refetch()}
          />
        </div>
      ) : (
        <DataTable
          id={nouns}
          label={title}
          rows={shown}
          columns={props.columns}
          rowId={props.rowId}
          rowName={props.rowName}
          initialSort={props.initialSort}
          loading={query.isPending}
          stale={query.error !== null}
          selectable={props.selectable}
          toolbar={<FilterChips label="Show" chips={chips} value={filter} onChange={setFilter} />}
          bulk={props.bulk}
          phoneRow={props.phoneRow}
          empty={
            rows.length === 0 ? (
              props.empty
            ) : (
              <EmptyState
                icon={SearchX}
                title={`No ${nouns} match`}
                action={
                  <Button
                    onClick={() => {
                      setSearch('');
                      setFilter('');
                    }}
                  >
                    Show all {nouns}
                  </Button>
                }
              />
            )
          }
        />
      )}
    </>
  );
}
