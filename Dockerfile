# The service with the bundled model: docker build -t emograin . && docker run -p 127.0.0.1:8000:8000 emograin
# With another model: docker run -v DIR:/model:ro ... emograin --model /model. With an API key: -e EMOGRAIN_API_KEY=...
FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /opt/emograin && /opt/emograin/bin/pip install --no-cache-dir '.[serve]'

FROM python:3.12-slim
COPY --from=build /opt/emograin /opt/emograin
RUN useradd --system --no-create-home emograin
USER emograin
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["/opt/emograin/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
# Listen on all addresses of the container, as its localhost is not reachable from outside. `docker run -p` decides which
# addresses of the host are published.
ENTRYPOINT ["/opt/emograin/bin/emograin", "serve", "--host", "0.0.0.0", "--port", "8000"]
