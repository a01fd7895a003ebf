{{/* Name of the chart, as it appears in labels. */}}
{{- define "quick-start.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the resources: the release's, with the chart's unless it has it already. */}}
{{- define "quick-start.fullname" -}}
{{- $name := include "quick-start.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "quick-start.selectorLabels" -}}
app.kubernetes.io/name: {{ include "quick-start.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "quick-start.labels" -}}
{{ include "quick-start.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* What the webhook reads on the service account. */}}
{{- define "quick-start.serviceAccountAnnotations" -}}
azure.workload.identity/client-id: {{ .Values.azure.clientId | quote }}
{{- with .Values.azure.tenantId }}
azure.workload.identity/tenant-id: {{ . | quote }}
{{- end }}
azure.workload.identity/service-account-token-expiration: {{ .Values.azure.tokenExpirationSeconds | int | quote }}
{{- with .Values.serviceAccount.annotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels of a pod; the webhook looks for the first. */}}
{{- define "quick-start.podLabels" -}}
azure.workload.identity/use: "true"
{{- with .Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "quick-start.podAnnotations" -}}
{{- if .Values.identityBinding.enabled -}}
azure.workload.identity/use-identity-binding: "true"
{{ end -}}
checksum/config: {{ include "quick-start.checksum" . }}
{{- with .Values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
What cannot change while a pod runs: its spec but for the image, and what the
webhook put into it.
*/}}
{{- define "quick-start.checksum" -}}
{{- $spec := include "quick-start.podSpec" (dict "root" . "once" false) | fromYaml }}
{{- $_ := set (first $spec.containers) "image" "" }}
{{- $injected := "" }}
{{- if .Values.serviceAccount.create }}
{{- $injected = include "quick-start.serviceAccountAnnotations" . }}
{{- end }}
{{- list $spec $injected .Values.identityBinding.enabled | toJson | sha256sum | trunc 16 }}
{{- end }}

{{- define "quick-start.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- with .digest }}@{{ . }}{{ end }}
{{- end }}
{{- end }}

{{/*
The spec of every pod of this chart, without its restart policy. "once" makes the
program read the secret once, and "test" makes it not wait for that.
*/}}
{{- define "quick-start.podSpec" -}}
{{- $once := .once }}
{{- $test := .test | default false }}
{{- $probes := and .root.Values.health.enabled (not $once) }}
{{- with .root -}}
{{- with index (.Values.nodeSelector | default dict) "kubernetes.io/os" }}
os:
  name: {{ . }}
{{ end -}}
serviceAccountName: {{ .Values.serviceAccount.name }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
containers:
  - name: quick-start
    image: {{ include "quick-start.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    env:
      - name: KEYVAULT_URL
        value: {{ .Values.keyvault.url | quote }}
      - name: SECRET_NAME
        value: {{ .Values.keyvault.secretName | quote }}
      - name: POLL_INTERVAL
        value: {{ ternary "0" .Values.pollInterval $once | quote }}
      - name: STARTUP_TIMEOUT
        value: {{ ternary "30s" .Values.startupTimeout $test | quote }}
      {{- if $probes }}
      - name: HEALTH_ADDR
        value: {{ printf ":%d" (int .Values.health.port) | quote }}
      {{- end }}
      - name: LOG_SECRET_VALUE
        value: {{ .Values.log.secretValue | quote }}
      - name: LOG_FORMAT
        value: {{ .Values.log.format | quote }}
      {{- with .Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    {{- if $probes }}
    ports:
      - name: health
        containerPort: {{ .Values.health.port | int }}
    livenessProbe:
      httpGet:
        path: /healthz
        port: health
    readinessProbe:
      httpGet:
        path: /readyz
        port: health
      periodSeconds: 5
    {{- end }}
    securityContext:
      {{- toYaml .Values.securityContext | nindent 6 }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    {{- with .Values.extraVolumeMounts }}
    volumeMounts:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- with .Values.extraVolumes }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
