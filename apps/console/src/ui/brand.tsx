/** The mark: four replicas of which three agree. */
export function BrandMark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0f766e" />
      <g fill="none" stroke="#99f6e4" strokeWidth="1.6">
        <path d="M11 11h10v10H11z" />
        <path d="M11 11l10 10M21 11L11 21" strokeOpacity=".55" />
      </g>
      <g fill="#fff">
        <circle cx="11" cy="11" r="3.4" />
        <circle cx="21" cy="11" r="3.4" />
        <circle cx="11" cy="21" r="3.4" />
      </g>
      <circle cx="21" cy="21" r="3" fill="#0f766e" stroke="#fff" strokeWidth="1.6" />
    </svg>
  );
}

/** Mark and name. */
export function Brand() {
  return (
    <span className="brand">
      <BrandMark />
      <span>Quorate</span>
    </span>
  );
}
