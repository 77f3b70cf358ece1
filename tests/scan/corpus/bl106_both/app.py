import httpx

client = httpx.AsyncClient()  # near-miss: BL001 all tests share one session loop
