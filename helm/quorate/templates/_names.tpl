{{- define "quorate.labels" -}}
app.kubernetes.io/name: quorate
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "quorate.selector" -}}
app.kubernetes.io/name: quorate
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "quorate.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "quorate.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "quorate.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "quorate.environment" -}}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.existingSecret }}, key: url } }
- name: REDIS_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.existingSecret }}, key: redis-url } }
- name: QUORATE_DATABASE_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .Values.existingSecret }}, key: installation-secret } }
- name: QUORATE_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
- name: QUORATE_GATEWAY_URL
  value: {{ .Values.gatewayUrl | quote }}
{{- end }}
