import { File as FileIcon, X } from "lucide";
import { useEffect, useMemo } from "preact/hooks";
import { size } from "../../i18n/dates.ts";
import { IconButton } from "../common/button.tsx";
import { Icon } from "../common/icon.tsx";
import { useLocale, useSay } from "../context.tsx";

interface ChosenFilesProps {
  files: readonly File[];
  onRemove: (file: File) => void;
}

/** What will be sent with the text, which is its caption. */
export function ChosenFiles({ files, onRemove }: ChosenFilesProps) {
  if (files.length === 0) return null;
  return (
    <ul class="chosen">
      {files.map((file) => (
        <li key={`${file.name}/${file.size}/${file.lastModified}`}>
          <ChosenFile file={file} onRemove={() => onRemove(file)} />
        </li>
      ))}
    </ul>
  );
}

function ChosenFile({ file, onRemove }: { file: File; onRemove: () => void }) {
  const say = useSay();
  const locale = useLocale();
  const isPicture = file.type.startsWith("image/");
  const url = useMemo(() => (isPicture ? URL.createObjectURL(file) : null), [file, isPicture]);
  useEffect(() => () => (url ? URL.revokeObjectURL(url) : undefined), [url]);
  return (
    <div class="chosen-file">
      {url ? <img src={url} alt="" /> : <Icon of={FileIcon} size={26} />}
      <span class="chosen-name" dir="auto">
        {file.name}
      </span>
      <span class="chosen-size">{size(file.size, locale)}</span>
      <IconButton
        icon={X}
        size={14}
        label={say("composer.file_remove", { name: file.name })}
        onClick={onRemove}
      />
    </div>
  );
}
