import type { FieldValues, Path, UseFormReturn } from 'react-hook-form';
import { fieldsOf } from './errors.ts';

/** Puts the server's complaints at their fields and goes to the first. Returns those that belong to no field. */
export function applyServerFields<In extends FieldValues, Context, Out>(
  form: UseFormReturn<In, Context, Out>,
  error: unknown,
): string[] {
  const known = form.getValues();
  const rest: string[] = [];
  let first = true;
  for (const { path, message } of fieldsOf(error)) {
    const top = path.split('.')[0] ?? '';
    if (!(top in known)) {
      rest.push(message);
      continue;
    }
    form.setError(path as Path<In>, { type: 'server', message }, { shouldFocus: first });
    first = false;
  }
  return rest;
}
