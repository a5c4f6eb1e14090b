export { Chart, type ChartProps, type ChartSeries } from './charts/chart.tsx';
export { Sparkline } from './charts/sparkline.tsx';
export { DataTable } from './data-table/data-table.tsx';
export type { BulkContext, Column, DataTableProps } from './data-table/types.ts';
export { copyText } from './lib/clipboard.ts';
export { useNow } from './lib/clock.ts';
export { tokenColour, tokenColourAlpha } from './lib/colour.ts';
export { cx } from './lib/cx.ts';
export {
  count,
  formatAgo,
  formatBytes,
  formatBytesShort,
  formatCores,
  formatMoment,
  formatPercent,
  formatRate,
  formatSpan,
  parseBytes,
  shortId,
} from './lib/format.ts';
export { usePreference, writePreference } from './lib/preference.ts';
export {
  AppearanceKeeper,
  type Density,
  type ThemeChoice,
  useDensity,
  useIsPhone,
  useMediaQuery,
  useTheme,
} from './lib/theme.ts';
export { LimitRow, type LimitRowProps } from './limits/limit-row.tsx';
export { LimitSlider, type LimitSliderProps } from './limits/limit-slider.tsx';
export { binaryScale, linearScale, type Scale } from './limits/scale.ts';
export { stripAnsi } from './logs/ansi.ts';
export { LogView, type LogViewHandle, type LogViewLine, type LogViewProps } from './logs/log-view.tsx';
export {
  Button,
  type ButtonProps,
  buttonStyle,
  IconButton,
  type IconButtonProps,
} from './primitives/button.tsx';
export { Checkbox, Switch } from './primitives/check.tsx';
export { Combobox, type ComboboxProps } from './primitives/combobox.tsx';
export {
  CommandPalette,
  type PaletteGroup,
  type PaletteItem,
  usePaletteKey,
} from './primitives/command-palette.tsx';
export { ConfirmDialog, type ConfirmDialogProps } from './primitives/confirm-dialog.tsx';
export { CopyButton } from './primitives/copy-button.tsx';
export { Dialog, type DialogProps } from './primitives/dialog.tsx';
export { ErrorNote, messageOf } from './primitives/error-note.tsx';
export { Field, type FieldControl, FieldSet } from './primitives/field.tsx';
export { Input, PasswordInput, SearchInput, Textarea } from './primitives/input.tsx';
export { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine, MenuRadio } from './primitives/menu.tsx';
export { Command, Id, Kbd, Mono } from './primitives/mono.tsx';
export { Select, type SelectOption } from './primitives/select.tsx';
export { Sheet } from './primitives/sheet.tsx';
export { Bytes, EmptyState, Progress, RelativeTime, Skeleton } from './primitives/small.tsx';
export {
  Badge,
  type ContainerStateFacts,
  containerLook,
  StateBadge,
  StateIcon,
  type StateLook,
  ToneIcon,
} from './primitives/state-badge.tsx';
export { LinkTabs, type TabLink } from './primitives/tabs.tsx';
export { Toaster, toast } from './primitives/toast.tsx';
export { Tooltip, TooltipProvider } from './primitives/tooltip.tsx';
export { Terminal, type TerminalHandle, type TerminalProps } from './terminal/terminal.tsx';
export type { ColourName, Tone } from './tokens/tokens.ts';
