# The built book on port 8000 and the live notebooks on port 8888, for a class:
#   docker build -t mi_lab . && docker run --rm -p 8000:8000 -p 8888:8888 -e JUPYTER_TOKEN=choose-one mi_lab
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home reader
USER reader
WORKDIR /home/reader/mi_lab
COPY --chown=reader Makefile pyproject.toml requirements.txt requirements-hashes.txt README.md LICENSE ./
COPY --chown=reader mi_lab mi_lab
RUN make .venv/installed
COPY --chown=reader . .
RUN make book
EXPOSE 8000 8888
CMD .venv/bin/python -m http.server 8000 --directory _build/html & exec .venv/bin/jupyter lab --ip 0.0.0.0 --no-browser book/lab
